/* SPDX-License-Identifier: Apache-2.0 */
/* ML-DSA-44. */
#define MLD_CONFIG_PARAMETER_SET 44
#include "mldsa_verify.h"

const struct bh_signature_algo bh_ml_dsa_44 = { BH_SIG_ML_DSA_44, mldsa_verify };
