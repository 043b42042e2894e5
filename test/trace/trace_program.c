/* A trace whose fund is compiled from a file: apart, so that a test without Yak needs no Yak. */
#include "trace/trace.h"
#include "yak/dure_yak.h"

#include <stdio.h>
#include <stdlib.h>

dure_trace_t *dure_trace_new_from(const dure_trace_config_t *config, const char *path)
{
    static uint8_t source[DURE_YAK_SOURCE_SIZE_MAX], image[DURE_YAK_IMAGE_SIZE_MAX];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    const size_t source_size = fread(source, 1, sizeof source, file);
    fclose(file);
    const size_t work_size = (dure_yak_workspace_size() + 15) / 16 * 16;
    void *work = aligned_alloc(16, work_size);
    dure_yak_diagnostics_t *diagnostics = calloc(1, sizeof *diagnostics);
    dure_trace_t *trace = NULL;
    size_t image_size = 0;
    if (work != NULL && diagnostics != NULL &&
        dure_yak_compile(work, work_size, dure_bytes(source, source_size), image, &image_size,
                         diagnostics)) {
        dure_trace_config_t with = *config;
        with.image = dure_bytes(image, image_size);
        with.source = dure_bytes(source, source_size);
        trace = dure_trace_new(&with);
    }
    free(work);
    free(diagnostics);
    return trace;
}
