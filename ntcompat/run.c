// SPDX-License-Identifier: MIT
// From the machine's command line to an exit status: runs the first program.

#include "run.h"

#include <arch/cpu.h>
#include <kernel/heap.h>
#include <kernel/log.h>
#include <kernel/process.h>
#include <kernel/status.h>
#include <kernel/string.h>

#include "command_line.h"
#include "file.h"
#include "parameters.h"
#include "programs.h"
#include "start.h"

#define NAME_ROOM 256u

static status_t open_standard_handles(struct process *process, struct parameters_source *source)
{
    status_t status =
        file_open_standard(process, "stdin", FILE_GENERIC_READ, &source->standard_input);
    if (status == STATUS_SUCCESS)
        status = file_open_standard(process, "stdout", FILE_GENERIC_WRITE | FILE_READ_ATTRIBUTES,
                                    &source->standard_output);
    if (status == STATUS_SUCCESS)
        status = file_open_standard(process, "stderr", FILE_GENERIC_WRITE | FILE_READ_ATTRIBUTES,
                                    &source->standard_error);
    return status;
}

// The block is the caller's to free.
static status_t build_parameters(const struct parameters_source *source,
                                 struct start_request *request)
{
    struct parameters_facts facts;
    parameters_build(source, NULL, &facts);
    if (facts.command_line_units > COMMAND_LINE_UNITS_MAX)
        return STATUS_NAME_TOO_LONG;
    if (facts.invalid_count != 0)
        log_warn("nt", "%s: %zu invalid bytes in its command line became U+FFFD",
                 source->image_name, facts.invalid_count);
    request->parameters = heap_alloc(facts.size);
    if (request->parameters == NULL)
        return STATUS_NO_MEMORY;
    request->parameters_size = facts.size;
    parameters_build(source, request->parameters, &facts);
    return STATUS_SUCCESS;
}

static status_t start_program(struct process *process, const struct image *image,
                              const char *command_line, struct reason *reason)
{
    struct parameters_source source = {
        .image_name = image->file_name,
        .command_line = command_line,
        .processor_count = cpu_count(),
    };
    struct start_request request = { 0 };
    struct thread *thread;
    status_t status = open_standard_handles(process, &source);
    if (status != STATUS_SUCCESS)
        return start_failed(image, reason, "opening the standard streams", status);
    status = build_parameters(&source, &request);
    if (status != STATUS_SUCCESS)
        return start_failed(image, reason, "passing the command line", status);
    status = start_first_thread(process, &request, &thread, reason);
    heap_free(request.parameters);
    if (status == STATUS_SUCCESS) {
        thread_resume(thread);
        object_put(&thread->object);
    }
    return status;
}

static status_t run_image(struct image *image, const char *command_line, status_t *exit_status,
                          struct reason *reason)
{
    struct process *process;
    status_t status = start_process(image, NULL, &process);
    if (status != STATUS_SUCCESS)
        return start_failed(image, reason, "making the process", status);
    status = start_program(process, image, command_line, reason);
    if (status == STATUS_SUCCESS)
        status = process_wait(process, exit_status);
    object_put(&process->object);
    return status;
}

status_t run_program(const char *command_line, status_t *exit_status, char *reason, size_t room)
{
    struct reason why = { reason, room };
    char name[NAME_ROOM];
    if (!command_line_program(command_line, name, sizeof(name))) {
        format_string(reason, room,
                      "the command line names no program, or its name has over %u bytes",
                      NAME_ROOM - 1);
        return STATUS_NO_SUCH_FILE;
    }
    struct image *image;
    status_t status = program_open(name, &image, &why);
    if (status == STATUS_OBJECT_NAME_NOT_FOUND)
        return STATUS_NO_SUCH_FILE; // as the starter knows it
    if (status != STATUS_SUCCESS)
        return status;
    status = run_image(image, command_line, exit_status, &why);
    image_put(image);
    return status;
}
