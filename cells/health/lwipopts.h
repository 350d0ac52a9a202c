/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lwipopts.h - lwIP as the health cell wants it: IPv4, ICMP, UDP and TCP, no operating system, no heap but
 * its own.
 */
#ifndef HEALTH_LWIPOPTS_H
#define HEALTH_LWIPOPTS_H

#define NO_SYS		     1
#define SYS_LIGHTWEIGHT_PROT 0 /* all of it is called from the main loop */
#define LWIP_SOCKET	     0
#define LWIP_NETCONN	     0
#define LWIP_RAW	     0
#define LWIP_DHCP	     1

/* What needs state for strangers, or lets them choose ways. */
#define IP_REASSEMBLY	   0
#define IP_FRAG		   0
#define IP_OPTIONS_ALLOWED 0
/* Of who answers or is answered: more than can come in one turn (network.c), so that what was just asked for
 * is still there when it is used. */
#define ARP_TABLE_SIZE 48

/*
 * TCP: a few connections of small windows. What comes out of order is asked for again. Connections that
 * ended, and are remembered for a while, make room for new ones.
 */
#define LWIP_TCP		1
#define TCP_MSS			1460
#define TCP_WND			(2 * TCP_MSS)
#define TCP_SND_BUF		(4 * TCP_MSS)
#define TCP_SND_QUEUELEN	16
#define TCP_QUEUE_OOSEQ		0
#define TCP_LISTEN_BACKLOG	1
#define TCP_MAXRTX		6
#define TCP_SYNMAXRTX		2
#define MEMP_NUM_TCP_PCB	16
#define MEMP_NUM_TCP_PCB_LISTEN 1
#define MEMP_NUM_TCP_SEG	144

/* How much of its memory is in use, for the metrics; nothing else. */
#define LWIP_STATS	  1
#define LWIP_STATS_LARGE  1
#define MEM_STATS	  1
#define MEMP_STATS	  1
#define SYS_STATS	  0
#define LINK_STATS	  0
#define ETHARP_STATS	  0
#define IP_STATS	  0
#define ICMP_STATS	  0
#define UDP_STATS	  0
#define TCP_STATS	  0

#define MEM_ALIGNMENT	  8
#define MEM_SIZE	  65536
#define PBUF_POOL_SIZE	  64
#define PBUF_POOL_BUFSIZE 1536 /* a whole frame */

#define LWIP_RAND()	  network_random()

/* Knocks at the web server's port, and the numbers that connections begin with: tcp_gate.h. */
#define LWIP_HOOK_FILENAME				    "tcp_gate.h"
#define LWIP_HOOK_IP4_INPUT(packet, in)			    tcp_gate_input(packet, in)
#define LWIP_HOOK_TCP_ISN(own, own_port, other, other_port) tcp_gate_number(own, own_port, other, other_port)

#endif
