/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.S - the page for people (page.h).
 */
	.section .rodata.page, "a"
	.global page_text, page_size
page_text:
	.incbin "cells/health/page.html"
page_end:
	.balign 4
page_size:
	.4byte page_end - page_text
