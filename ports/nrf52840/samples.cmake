# SPDX-License-Identifier: Apache-2.0
# What is built for this board, of products/nrf52840.layout.yml: ports/CMakeLists.txt.
samples_for(cortex-m4)
bootloaders(nrf52840)
shipped(nrf52840 "watchdog: 400" "hand_over: reset" "protect: until_reset")
# the same with the generic SPI-NOR driver instead of the QSPI peripheral
bootloader(nrf52840 boot-spim nrf52840_spim)
bootloader(nrf52840 ship-spim nrf52840_spim "keys: [${key}]" "watchdog: 400" "hand_over: reset")
recoveries(nrf52840 nrf52840 "recovery: {window: 50, pin: 11, magic: 0x2003FFFC}")
recorder(nrf52840 nrf52840 0x2003FF00)
applications(nrf52840 90112 96256)
