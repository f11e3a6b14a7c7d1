/* SPDX-License-Identifier: Apache-2.0 */
/* JSON on standard output. */
#include "cli/cli.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

static int print(struct cli *cli, struct cJSON *json, char *text)
{
    cJSON_Delete(json);
    if (!text)
        return cli_fail(cli, HOST_FAILED, host_nowhere(), NULL, "out of memory");
    puts(text);
    free(text);
    return HOST_OK;
}

int cli_json(struct cli *cli, struct cJSON *json)
{
    return print(cli, json, json ? cJSON_Print(json) : NULL);
}

int cli_json_line(struct cli *cli, struct cJSON *json)
{
    int code = print(cli, json, json ? cJSON_PrintUnformatted(json) : NULL);

    fflush(stdout);
    return code;
}
