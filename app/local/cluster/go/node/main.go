// What makes a machine a node: the kubelet, kube-proxy, an agent that enforces network policies and
// a provisioner of volumes, in one binary of the control plane's modules. The first argument names
// which.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

var programs = map[string]func() *cobra.Command{
	"kubelet":          func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) },
	"kube-proxy":       proxy.NewProxyCommand,
	"network-policies": newPoliciesCommand,
	"volumes":          newVolumesCommand,
}

func main() {
	if len(os.Args) > 1 {
		if program, ok := programs[os.Args[1]]; ok {
			os.Args = os.Args[1:]
			os.Exit(cli.Run(program()))
		}
	}
	fmt.Fprintln(os.Stderr, "name kubelet, kube-proxy, network-policies or volumes as the first argument")
	os.Exit(2)
}
