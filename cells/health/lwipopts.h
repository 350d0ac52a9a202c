/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lwipopts.h - lwIP as the health cell wants it: IPv4, ICMP and UDP, no operating system, no heap but its
 * own.
 */
#ifndef HEALTH_LWIPOPTS_H
#define HEALTH_LWIPOPTS_H

#define NO_SYS			   1
#define SYS_LIGHTWEIGHT_PROT	   0 /* all of it is called from the main loop */
#define LWIP_SOCKET		   0
#define LWIP_NETCONN		   0
#define LWIP_TCP		   0
#define LWIP_RAW		   0
#define LWIP_STATS		   0
#define LWIP_DHCP		   1
#define LWIP_NETIF_STATUS_CALLBACK 1

/* What needs state for strangers. */
#define IP_REASSEMBLY	  0
#define IP_FRAG		  0

#define MEM_ALIGNMENT	  8
#define MEM_SIZE	  32768
#define PBUF_POOL_SIZE	  64
#define PBUF_POOL_BUFSIZE 1536 /* a whole frame */

#define LWIP_RAND()	  network_random()

#endif
