/* SPDX-License-Identifier: Apache-2.0 */
/* For a host, where no chip is: the devices of the sample products as geometry alone. The simulator
 * and the tool put memory or files in their place; an operation on them as they are here fails. */
#include "nrf51/product.h"
#include "nrf52840/product.h"
#include "sifive_u/product.h"
#include "stm32f407/product.h"
#include "stm32l476/product.h"
#include "virt/product.h"

static int no_read(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    (void)f, (void)off, (void)buf, (void)len;
    return BH_ERR_IO;
}

static int no_program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    (void)f, (void)off, (void)buf, (void)len;
    return BH_ERR_IO;
}

static int no_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    (void)f, (void)off, (void)len;
    return BH_ERR_IO;
}

static const struct bh_flash_ops nothing = { .read = no_read,
                                             .program = no_program,
                                             .erase = no_erase };

const struct bh_flash stm32f407_flash = {
    .ops = &nothing,
    .runs = stm32f407_runs,
    .n_runs = sizeof stm32f407_runs / sizeof stm32f407_runs[0],
    .unit = STM32F407_FLASH_UNIT,
    .erased = 0xFF,
    .mapped = true,
    .size = STM32F407_FLASH_SIZE,
    .base = STM32F407_FLASH_BASE,
};

const struct bh_flash stm32l476_flash = {
    .ops = &nothing,
    .runs = stm32l476_runs,
    .n_runs = sizeof stm32l476_runs / sizeof stm32l476_runs[0],
    .unit = STM32L476_FLASH_UNIT,
    .erased = 0xFF,
    .mapped = true,
    .size = STM32L476_FLASH_SIZE,
    .base = STM32L476_FLASH_BASE,
};

const struct bh_flash nrf52840_flash = {
    .ops = &nothing,
    .runs = nrf52840_runs,
    .n_runs = sizeof nrf52840_runs / sizeof nrf52840_runs[0],
    .unit = NRF52840_FLASH_UNIT,
    .erased = 0xFF,
    .mapped = true,
    .size = NRF52840_FLASH_SIZE,
};

const struct bh_flash nrf52840_external_flash = {
    .ops = &nothing,
    .runs = nrf52840_external_runs,
    .n_runs = sizeof nrf52840_external_runs / sizeof nrf52840_external_runs[0],
    .unit = NRF52840_FLASH_UNIT,
    .erased = 0xFF,
    .size = NRF52840_EXTERNAL_SIZE,
};

const struct bh_flash nrf51_flash = {
    .ops = &nothing,
    .runs = nrf51_runs,
    .n_runs = sizeof nrf51_runs / sizeof nrf51_runs[0],
    .unit = NRF51_FLASH_UNIT,
    .erased = 0xFF,
    .mapped = true,
    .size = NRF51_FLASH_SIZE,
};

const struct bh_flash virt_flash = {
    .ops = &nothing,
    .runs = virt_runs,
    .n_runs = sizeof virt_runs / sizeof virt_runs[0],
    .unit = VIRT_FLASH_UNIT,
    .erased = 0xFF,
    .mapped = true,
    .size = VIRT_FLASH_SIZE,
    .base = VIRT_FLASH_BASE,
};

const struct bh_flash sifive_u_flash = {
    .ops = &nothing,
    .runs = sifive_u_runs,
    .n_runs = sizeof sifive_u_runs / sizeof sifive_u_runs[0],
    .unit = SIFIVE_U_FLASH_UNIT,
    .erased = 0xFF,
    .size = SIFIVE_U_FLASH_SIZE,
};
