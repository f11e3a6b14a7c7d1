# SPDX-License-Identifier: Apache-2.0
# What is built for this board, of products/stm32f407.layout.yml: ports/CMakeLists.txt.
samples_for(cortex-m4)
bootloaders(stm32f407)
bootloader(stm32f407 boot-mldsa44 stm32f407
  "keys: [${PROJECT_SOURCE_DIR}/products/keys/development-mldsa44.pub.pem]")
shipped(stm32f407 "watchdog: 4100" "clock: fast" "hand_over: reset")
recoveries(stm32f407 stm32f407 "recovery: {protocol: smp, window: 50, pin: 0, magic: 0x2001FFFC}")
recorder(stm32f407 stm32f407 0x2001FF00)
applications(stm32f407 49152 57344)

# The same chip as wolfBoot's users have it, of products/stm32f407_wolfboot.layout.yml.
set(wolfboot_keys ${PROJECT_SOURCE_DIR}/products/keys)
bootloader(stm32f407_wolfboot boot stm32f407)
bootloader(stm32f407_wolfboot boot-ed25519 stm32f407 "keys: [${wolfboot_keys}/development-ed25519.pub.pem]")
applications(stm32f407_wolfboot 49152 57344 stm32f407)
