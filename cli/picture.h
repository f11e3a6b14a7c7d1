/* SPDX-License-Identifier: Apache-2.0 */
/* cli/picture.h - pictures of flash for commands: in files, or in the terminal. */
#ifndef CLI_PICTURE_H
#define CLI_PICTURE_H

#include "cli/cli.h"
#include "host/picture/picture.h"

#define CLI_PICTURE_SVG                                                                            \
    {                                                                                              \
        "svg", 0, "FILE", "Write the drawing as SVG; - is standard output", NULL, false, false     \
    }
#define CLI_PICTURE_HTML                                                                           \
    {                                                                                              \
        "html", 0, "FILE", "Write a page with the drawing and every number; - is standard output", \
            NULL, false, false                                                                     \
    }
#define CLI_PICTURE_COLUMNS                                                                        \
    {                                                                                              \
        "columns", 0, "N", "Width of the drawing in the terminal, instead of the terminal's own",  \
            NULL, false, false                                                                     \
    }

/* Was a file asked for? Of a command with CLI_PICTURE_SVG and CLI_PICTURE_HTML. */
bool cli_picture_asked(const struct cli *cli);
/* Write what was asked for, all or nothing; files are replaced. With --dry-run only see whether it
 * could be. HOST_OK, or the error is shown. */
int cli_picture_write(struct cli *cli, struct picture *p);
/* Write a drawing that is made: for a command with CLI_PICTURE_SVG alone. */
int cli_picture_write_svg(struct cli *cli, const char *drawing);
/* Draw in the terminal. Of a command with CLI_PICTURE_COLUMNS. */
int cli_picture_show(struct cli *cli, struct picture *p);

#endif
