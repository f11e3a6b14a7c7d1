/* SPDX-License-Identifier: Apache-2.0 */
/* host/form.h - what bytes are, if they are not the image that was looked for. */
#ifndef HOST_FORM_H
#define HOST_FORM_H

#include <stddef.h>
#include <stdint.h>

/* One sentence, or NULL: of what form the bytes are. len: 1 or more. */
const char *host_form_known(const uint8_t *bytes, size_t len);
/* One sentence, never NULL: of what form the bytes are, and what is to be done about it. For every
 * refusal that says "no image". len: 1 or more. */
const char *host_form_hint(const uint8_t *bytes, size_t len);

#endif
