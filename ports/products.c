/* SPDX-License-Identifier: Apache-2.0 */
/* The sample products, and what their flash devices are called. */
#include "products.h"

#include "nrf51/product.h"
#include "nrf52840/product.h"
#include "stm32f407/product.h"

const struct bh_product *const sample_products[] = { &stm32f407_product, &nrf52840_product,
                                                     &nrf51_product, NULL };

const char *sample_device_name(const struct bh_flash *flash)
{
    return flash == &nrf52840_external_flash ? "external" : "internal";
}
