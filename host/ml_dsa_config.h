/* SPDX-License-Identifier: Apache-2.0 */
/* How mldsa-native is compiled into the tool: keys and signatures, what is secret wiped. */
#ifndef HOST_ML_DSA_CONFIG_H
#define HOST_ML_DSA_CONFIG_H

#define MLD_CONFIG_NAMESPACE_PREFIX host_mldsa
#define MLD_CONFIG_INTERNAL_API_QUALIFIER static __attribute__((unused))
#define MLD_CONFIG_EXTERNAL_API_QUALIFIER static __attribute__((unused))
#define MLD_CONFIG_NO_VERIFY_API
#define MLD_CONFIG_NO_RANDOMIZED_API
#define MLD_CONFIG_SERIAL_FIPS202_ONLY
#define MLD_CONFIG_FIPS202_CUSTOM_HEADER "src/crypto/mldsa_shake.h"

#endif
