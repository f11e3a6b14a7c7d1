# SPDX-License-Identifier: Apache-2.0
# What is built for this board, of products/virt.layout.yml: ports/CMakeLists.txt.
samples_for(rv32imac)
bootloaders(virt)
bootloader(virt ship virt "keys: [${key}]" "hand_over: reset")
recoveries(virt virt "recovery: {window: 50, magic: 0x800FFFFC}")
recorder(virt virt 0x800FFF00)
applications(virt 200000 270000)
