(module
 (memory $0 1)
 (export "memory" (memory $0))
)
