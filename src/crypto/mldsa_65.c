/* SPDX-License-Identifier: Apache-2.0 */
/* ML-DSA-65. */
#define MLD_CONFIG_PARAMETER_SET 65
#include "mldsa_verify.h"

const struct bh_signature_algo bh_ml_dsa_65 = { BH_SIG_ML_DSA_65, mldsa_verify };
