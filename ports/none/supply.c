/* SPDX-License-Identifier: Apache-2.0 */
/* Of a layout without `brown_out`: no driver asks (supply.h). */
#include "supply.h"
