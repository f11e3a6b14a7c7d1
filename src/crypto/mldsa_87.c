/* SPDX-License-Identifier: Apache-2.0 */
/* ML-DSA-87. */
#define MLD_CONFIG_PARAMETER_SET 87
#include "mldsa_verify.h"

const struct bh_signature_algo bh_ml_dsa_87 = { BH_SIG_ML_DSA_87, mldsa_verify };
