/* SPDX-License-Identifier: Apache-2.0 */
/* How mldsa-native is compiled into the core: its arithmetic alone, as static functions of the one
 * file that includes it, over our Keccak. What is verified is public, so nothing is wiped. */
#ifndef BULKHEAD_CRYPTO_MLDSA_CONFIG_H
#define BULKHEAD_CRYPTO_MLDSA_CONFIG_H

#define MLD_CONFIG_NAMESPACE_PREFIX bh_mldsa
#define MLD_CONFIG_INTERNAL_API_QUALIFIER static __attribute__((unused))
#define MLD_CONFIG_EXTERNAL_API_QUALIFIER static __attribute__((unused))
#define MLD_CONFIG_NO_SIGN_API
#define MLD_CONFIG_NO_KEYPAIR_API
#define MLD_CONFIG_NO_RANDOMIZED_API
#define MLD_CONFIG_REDUCE_RAM
#define MLD_CONFIG_SERIAL_FIPS202_ONLY
#define MLD_CONFIG_FIPS202_CUSTOM_HEADER "mldsa_shake.h"
#define MLD_CONFIG_CUSTOM_ZEROIZE
#define mld_zeroize(p, len) ((void)(p), (void)(len))

#endif
