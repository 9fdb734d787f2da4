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
			NodeName:    node,
			QueueID:     100,
			NRIdisabled: true, // the node resource interface of containerd 1.7 and later
		},
	)
	if err != nil {
		return err
	}
	factory.Start(ctx.Done())
	return controller.Run(ctx)
}
