#!/bin/busybox sh
# The first process of the virtual machine: takes the root of the machine that runs it, read-only, puts memory on top,
# and runs there what the kernel was told with program=…, its words separated by commas.
/bin/busybox --install -s /bin
mount -t proc proc /proc
for module in $(cat /modules/order); do insmod "/modules/$module"; done
mkdir -p /host /top /new
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,cache=loose,ro host /host
mount -t tmpfs tmpfs /top
mkdir /top/upper /top/work
mount -t overlay -o lowerdir=/host,upperdir=/top/upper,workdir=/top/work overlay /new
mount -t proc proc /new/proc
mount -t sysfs sysfs /new/sys
mount -t devtmpfs devtmpfs /new/dev
mkdir /new/dev/shm
for folder in dev/shm run tmp; do mount -t tmpfs tmpfs "/new/$folder"; done
hostname server
export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
exec switch_root /new /bin/sh -c "$(echo "$program" | tr , ' '); busybox poweroff -f"
