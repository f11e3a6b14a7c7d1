/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/version.h - which release of the library this is.
 *
 *     if (BH_VERSION < BH_VERSION_OF(0, 1, 0)) return BH_ERR_ABSENT;
 *
 * What is written to flash has numbers of its own: they change when an older reader would get it
 * wrong, and no sooner. docs/releases.md says which release reads what. */
#ifndef BULKHEAD_VERSION_H
#define BULKHEAD_VERSION_H

/* The one place where the version is written down; the build reads it here. */
#define BH_VERSION_MAJOR 0
#define BH_VERSION_MINOR 1
#define BH_VERSION_PATCH 0
#define BH_VERSION_TEXT "0.1.0"

/* For comparisons, in the preprocessor too: 8 bits for each of minor and patch. */
#define BH_VERSION_OF(major, minor, patch) ((major)*0x10000L + (minor)*0x100L + (patch))
#define BH_VERSION BH_VERSION_OF(BH_VERSION_MAJOR, BH_VERSION_MINOR, BH_VERSION_PATCH)

#endif
