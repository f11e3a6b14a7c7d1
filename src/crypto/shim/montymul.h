/* SPDX-License-Identifier: Apache-2.0 */
/* BearSSL's multiplication gets another name: rsa_public_i15.c and rsa_public_i31.c take its
 * place. */
#undef br_i15_montymul
#undef br_i31_montymul
#define br_i15_montymul bh_montymul_i15
#define br_i31_montymul bh_montymul_i31
