# SPDX-License-Identifier: Apache-2.0
# What is built for this board, of products/stm32g0b1.layout.yml: ports/CMakeLists.txt.
samples_for(cortex-m0plus)
bootloader(stm32g0b1 boot stm32g0b1)
bootloader(stm32g0b1 ship stm32g0b1 "keys: [${key}]" "watchdog: 4000" "clock: fast" "hand_over: reset")
applications(stm32g0b1 20480 24576)
