/* SPDX-License-Identifier: Apache-2.0 */
/* p256-m includes this header and uses nothing of it; bare-metal toolchains may have none. */
