// Package controlplane holds no code: its go.mod names the servers that the tests build.
package controlplane
