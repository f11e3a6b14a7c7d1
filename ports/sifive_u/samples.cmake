# SPDX-License-Identifier: Apache-2.0
# What is built for this board, of products/sifive_u.layout.yml: ports/CMakeLists.txt.
samples_for(rv32imac)
bootloaders(sifive_u)
bootloader(sifive_u ship sifive_u "keys: [${key}]" "hand_over: reset")
recoveries(sifive_u sifive_u "recovery: {window: 50, magic: 0x080FFFFC}")
applications(sifive_u 4096 9216)
# no bootloader, but a trial of the SPI-NOR driver on all 32 MB of the chip
bulkhead_bootloader(sifive_u-check-nor PORT sifive_u MAIN check/nor.c
  LAYOUT ${PROJECT_SOURCE_DIR}/products/sifive_u.layout.yml)
deliver(sifive_u check-nor)
# ESP-IDF's partition table, otadata and images, on the same board
bootloader(sifive_u_esp boot sifive_u)
bootloader(sifive_u_esp boot-floor sifive_u "anti_rollback: yes" "keys: [${key}]")
espressif_application(sifive_u_esp 1.0.0 0)
espressif_application(sifive_u_esp 2.0.0 1)
