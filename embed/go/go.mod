module msal-extensions/embed/go

go 1.24.0

require (
	github.com/AzureAD/microsoft-authentication-library-for-go v1.10.1
	github.com/tetratelabs/wazero v1.11.0
)

require (
	github.com/golang-jwt/jwt/v5 v5.2.2 // indirect
	github.com/google/uuid v1.3.0 // indirect
	github.com/kylelemons/godebug v1.1.0 // indirect
	github.com/pkg/browser v0.0.0-20210911075715-681adbf594b8 // indirect
	golang.org/x/sync v0.10.0 // indirect
	golang.org/x/sys v0.38.0 // indirect
)
