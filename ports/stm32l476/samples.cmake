# SPDX-License-Identifier: Apache-2.0
# What is built for this board, of products/stm32l476.layout.yml: ports/CMakeLists.txt.
samples_for(cortex-m4)
bootloaders(stm32l476)
shipped(stm32l476 "watchdog: 4000" "clock: fast" "hand_over: reset")
recoveries(stm32l476 stm32l476 "recovery: smp")
applications(stm32l476 90112 96256)
