/* SPDX-License-Identifier: Apache-2.0 */
/* host/picture/xml.h - any text inside XML or HTML, so that it can only be text. */
#ifndef HOST_PICTURE_XML_H
#define HOST_PICTURE_XML_H

#include <stddef.h>
#include <stdio.h>

/* len bytes, as text of an element or in an attribute with double quotes. What is markup is
 * escaped; what is no character of UTF-8 or of XML becomes U+FFFD. */
void xml_put(FILE *out, const char *text, size_t len);

#endif
