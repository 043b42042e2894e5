/* io_linux_write: asynchronous durable writes: one thread for each lane does them in order. */
#include "io/io_linux.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static linux_io_t *self_of(dure_io_t *io)
{
    return (linux_io_t *)io;
}

static job_t *job_at(lane_t *lane, uint64_t number)
{
    return &lane->jobs[number % DURE_IO_WRITES_MAX];
}

static void fail_job(job_t *job, const char *operation, int error_number)
{
    job->result = DURE_IO_DEVICE;
    job->failed_operation = operation;
    job->error_number = error_number;
}

static void do_job(job_t *job, int directory_fd)
{
    int error_number =
        linux_write_all(job->fd, job->write.data, job->write.size, job->write.offset);
    if (error_number != 0) {
        fail_job(job, "write", error_number);
        return;
    }
    if ((job->write.flags & DURE_IO_SYNC_DATA) != 0 && fdatasync(job->fd) != 0) {
        fail_job(job, "sync", errno);
        return;
    }
    if ((job->write.flags & DURE_IO_SYNC_DIRECTORY) != 0 && fsync(directory_fd) != 0) {
        fail_job(job, "sync the directory of", errno);
    }
}

static void *lane_run(void *argument)
{
    lane_t *lane = argument;
    linux_io_t *self = lane->owner;
    (void)pthread_setname_np(pthread_self(), lane == &self->lanes[0] ? "log" : "background");
    pthread_mutex_lock(&self->mutex);
    for (;;) {
        while (lane->done == lane->queued && !self->is_ending) {
            pthread_cond_wait(&lane->has_work, &self->mutex);
        }
        if (lane->done == lane->queued) {
            break; /* ending, and nothing is left */
        }
        job_t *job = job_at(lane, lane->done);
        pthread_mutex_unlock(&self->mutex);
        do_job(job, self->directory_fd);
        pthread_mutex_lock(&self->mutex);
        lane->done++;
        pthread_cond_broadcast(&self->has_done);
        uint64_t one = 1;
        /* The counter cannot be full: poll empties it whenever it reads completions. */
        ssize_t put = write(self->done_fd, &one, sizeof one);
        (void)put;
    }
    pthread_mutex_unlock(&self->mutex);
    return NULL;
}

bool linux_lanes_init(linux_io_t *self)
{
    bool is_ready = pthread_mutex_init(&self->mutex, NULL) == 0 &&
                    pthread_cond_init(&self->has_done, NULL) == 0;
    for (uint32_t i = 0; i < DURE_IO_LANES; i++) {
        self->lanes[i].owner = self;
        is_ready = pthread_cond_init(&self->lanes[i].has_work, NULL) == 0 && is_ready;
    }
    return is_ready;
}

void linux_lanes_end(linux_io_t *self)
{
    pthread_mutex_lock(&self->mutex);
    self->is_ending = true;
    for (uint32_t i = 0; i < DURE_IO_LANES; i++) {
        pthread_cond_signal(&self->lanes[i].has_work);
    }
    pthread_mutex_unlock(&self->mutex);
    for (uint32_t i = 0; i < DURE_IO_LANES; i++) {
        if (self->lanes[i].has_thread) {
            pthread_join(self->lanes[i].thread, NULL);
        }
        pthread_cond_destroy(&self->lanes[i].has_work);
    }
    pthread_cond_destroy(&self->has_done);
    pthread_mutex_destroy(&self->mutex);
}

/* Threads are made on the first write, with all signals blocked: signals belong to the loop. */
static int start_thread(lane_t *lane)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error_number = pthread_create(&lane->thread, NULL, lane_run, lane);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    lane->has_thread = error_number == 0;
    return error_number;
}

dure_io_result_t linux_write_start(dure_io_t *io, uint32_t file, const dure_io_write_t *write)
{
    linux_io_t *self = self_of(io);
    lane_t *lane = &self->lanes[write->lane];
    const char *name = io->files[file].name;
    if (self->is_read_only) {
        return io_fail(io, DURE_IO_UNSUPPORTED, "write", name, "opened only for reading");
    }
    if (!lane->has_thread) {
        int error_number = start_thread(lane);
        if (error_number != 0) {
            return linux_fail(io, error_number, "start the writer of", name);
        }
    }
    if (lane->queued - lane->taken == DURE_IO_WRITES_MAX) {
        return io_fail(io, DURE_IO_LIMIT, "write", name, "too many writes are under way");
    }
    pthread_mutex_lock(&self->mutex);
    *job_at(lane, lane->queued) = (job_t){.write = *write, .file = file, .fd = self->fds[file]};
    lane->queued++;
    pthread_cond_signal(&lane->has_work);
    pthread_mutex_unlock(&self->mutex);
    return DURE_IO_OK;
}

/* Tells one completed job: the text of its failure is made here, on the thread of the loop. */
static dure_io_result_t take(linux_io_t *self, job_t *job)
{
    dure_io_result_t result = job->result;
    if (result != DURE_IO_OK) {
        result = linux_fail(&self->io, job->error_number, job->failed_operation,
                            self->io.files[job->file].name);
    }
    job->is_taken = true;
    return io_write_completed(&self->io, job->file, result);
}

/* Skips what write_wait has taken out of order. */
static void skip_taken(lane_t *lane, uint64_t done)
{
    while (lane->taken < done && job_at(lane, lane->taken)->is_taken) {
        lane->taken++;
    }
}

static uint64_t done_of(linux_io_t *self, const lane_t *lane)
{
    pthread_mutex_lock(&self->mutex);
    uint64_t done = lane->done;
    pthread_mutex_unlock(&self->mutex);
    return done;
}

void linux_take_written(linux_io_t *self, dure_io_event_t *events, size_t *count, size_t capacity)
{
    for (uint32_t i = 0; i < DURE_IO_LANES; i++) {
        lane_t *lane = &self->lanes[i];
        uint64_t done = done_of(self, lane);
        skip_taken(lane, done);
        while (lane->taken < done && *count < capacity) {
            job_t *job = job_at(lane, lane->taken);
            events[*count] = (dure_io_event_t){.kind = DURE_IO_EVENT_WRITTEN,
                                               .token = job->write.token,
                                               .result = take(self, job)};
            (*count)++;
            skip_taken(lane, done);
        }
    }
}

dure_io_result_t linux_write_wait(dure_io_t *io, uint64_t token)
{
    linux_io_t *self = self_of(io);
    for (uint32_t i = 0; i < DURE_IO_LANES; i++) {
        lane_t *lane = &self->lanes[i];
        for (uint64_t number = lane->taken; number < lane->queued; number++) {
            job_t *job = job_at(lane, number);
            if (job->write.token != token || job->is_taken) {
                continue;
            }
            pthread_mutex_lock(&self->mutex);
            while (lane->done <= number) {
                pthread_cond_wait(&self->has_done, &self->mutex);
            }
            pthread_mutex_unlock(&self->mutex);
            dure_io_result_t result = take(self, job);
            skip_taken(lane, number + 1);
            return result;
        }
    }
    return io_fail(io, DURE_IO_NOT_FOUND, "wait for", "a write", "no such write is under way");
}
