// The tests that hold internal/selector against Kubernetes' own parser, apart
// so that xsh does not depend on it: go -C internal/selector/k8stest test ./...
module github.com/xsh-project/xsh/internal/selector/k8stest

go 1.26.0

replace github.com/xsh-project/xsh => ../../..

require (
	github.com/xsh-project/xsh v0.0.0-00010101000000-000000000000
	k8s.io/apimachinery v0.37.2
)

require (
	github.com/go-logr/logr v1.4.3 // indirect
	k8s.io/klog/v2 v2.140.0 // indirect
	k8s.io/utils v0.0.0-20260626114624-be93311217bd // indirect
)
