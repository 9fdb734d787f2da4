package main

import (
	"context"

	"github.com/spf13/cobra"
	apiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// agent runs until the context ends; setting is the one thing that it has to know besides.
type agent func(ctx context.Context, client kubernetes.Interface, setting string) error

// newAgentCommand runs an agent with a kubeconfig, and takes its setting from an option.
func newAgentCommand(name, option, meaning string, run agent) *cobra.Command {
	var kubeconfig, setting string
	command := &cobra.Command{
		Use:          name,
		SilenceUsage: true,
		RunE: func(*cobra.Command, []string) error {
			config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
			if err != nil {
				return err
			}
			client, err := kubernetes.NewForConfig(config)
			if err != nil {
				return err
			}
			return run(apiserver.SetupSignalContext(), client, setting)
		},
	}
	command.Flags().StringVar(&kubeconfig, "kubeconfig", "", "how to reach the API server")
	command.Flags().StringVar(&setting, option, "", meaning)
	return command
}
