/* A trace whose fund is compiled from a file: apart, so that a test without Yak needs no Yak. */
#include "trace/trace.h"
#include "yak/dure_yak.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct {
    uint8_t source[DURE_YAK_SOURCE_SIZE_MAX], image[DURE_YAK_IMAGE_SIZE_MAX];
    size_t source_size, image_size;
} program_t;

static bool compile(program_t *program, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    program->source_size = fread(program->source, 1, sizeof program->source, file);
    fclose(file);
    const size_t work_size = (dure_yak_workspace_size() + 15) / 16 * 16;
    void *work = aligned_alloc(16, work_size);
    dure_yak_diagnostics_t *diagnostics = calloc(1, sizeof *diagnostics);
    const bool compiled =
        work != NULL && diagnostics != NULL &&
        dure_yak_compile(work, work_size, dure_bytes(program->source, program->source_size),
                         program->image, &program->image_size, diagnostics);
    free(work);
    free(diagnostics);
    return compiled;
}

dure_trace_t *dure_trace_new_from(const dure_trace_config_t *config, const char *path)
{
    static program_t program, points;
    dure_trace_config_t with = *config;
    if (!compile(&program, path)) {
        return NULL;
    }
    with.image = dure_bytes(program.image, program.image_size);
    with.source = dure_bytes(program.source, program.source_size);
    if (config->mixed > 0) {
        if (!compile(&points, "test/trace/points.yak")) {
            return NULL;
        }
        with.points_image = dure_bytes(points.image, points.image_size);
        with.points_source = dure_bytes(points.source, points.source_size);
    }
    return dure_trace_new(&with);
}
