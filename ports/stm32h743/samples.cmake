# SPDX-License-Identifier: Apache-2.0
# What is built for this board, of products/stm32h743.layout.yml: ports/CMakeLists.txt.
samples_for(cortex-m7)
bootloader(stm32h743 boot stm32h743)
bootloader(stm32h743 ship stm32h743 "keys: [${key}]" "watchdog: 4100" "hand_over: reset")
applications(stm32h743 49152 57344)
