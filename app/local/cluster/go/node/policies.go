package main

import (
	"context"

	"github.com/spf13/cobra"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
)

// newPoliciesCommand runs the agent of sigs.k8s.io/kube-network-policies (kind's own enforcer) with a
// kubeconfig: its published main only runs in a pod.
func newPoliciesCommand() *cobra.Command {
	return newAgentCommand("network-policies", "node", "this node's name", enforce)
}

func enforce(ctx context.Context, client kubernetes.Interface, node string) error {
	factory := informers.NewSharedInformerFactory(client, 0)
	controller, err := networkpolicy.NewController(
		client,
		factory.Networking().V1().NetworkPolicies(),
		factory.Core().V1().Namespaces(),
		factory.Core().V1().Pods(),
		nil, nil, nil, nil, // the alpha policies of administrators
		networkpolicy.Config{
			NodeName: node,
			QueueID:  100,
			// The runtime's node resource interface is left on, though containerd has one from 1.7 on
			// only, and that it cannot be reached is logged: switched off, version 0.8.0 ends with a nil
			// pointer at the first packet of a pod whose address the API server does not know yet.
			NRIdisabled: false,
		},
	)
	if err != nil {
		return err
	}
	factory.Start(ctx.Done())
	return controller.Run(ctx)
}
