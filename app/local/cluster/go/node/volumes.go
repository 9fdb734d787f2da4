package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/klog/v2"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v10/controller"
)

const provisionerName = "store-platform.dev/folder"

// newVolumesCommand gives each claim a folder on this node, and removes it with the claim. The
// provisioner that kube-controller-manager has for tests makes folders that only root may enter.
func newVolumesCommand() *cobra.Command {
	return newAgentCommand("volumes", "folder", "where the volumes are", provision)
}

func provision(ctx context.Context, client kubernetes.Interface, folder string) error {
	controller.NewProvisionController(
		klog.FromContext(ctx), client, provisionerName, folders{folder},
		controller.LeaderElection(false),
	).Run(ctx)
	return nil
}

// folders are the volumes, by their names, in one folder.
type folders struct{ root string }

func (f folders) Provision(
	_ context.Context, options controller.ProvisionOptions,
) (*core.PersistentVolume, controller.ProvisioningState, error) {
	path := filepath.Join(f.root, options.PVName)
	if err := os.MkdirAll(path, 0o770); err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	// A `local` volume, not a `hostPath`: the kubelet gives it to the pod's fsGroup, as it does a disk.
	source := core.PersistentVolumeSource{Local: &core.LocalVolumeSource{Path: path}}
	return &core.PersistentVolume{
		ObjectMeta: meta.ObjectMeta{Name: options.PVName},
		Spec: core.PersistentVolumeSpec{
			AccessModes:                   options.PVC.Spec.AccessModes,
			Capacity:                      options.PVC.Spec.Resources.Requests,
			NodeAffinity:                  only(options.SelectedNode.Name),
			PersistentVolumeReclaimPolicy: *options.StorageClass.ReclaimPolicy,
			PersistentVolumeSource:        source,
		},
	}, controller.ProvisioningFinished, nil
}

func only(node string) *core.VolumeNodeAffinity {
	isNode := core.NodeSelectorRequirement{
		Key: core.LabelHostname, Operator: core.NodeSelectorOpIn, Values: []string{node},
	}
	term := core.NodeSelectorTerm{MatchExpressions: []core.NodeSelectorRequirement{isNode}}
	return &core.VolumeNodeAffinity{
		Required: &core.NodeSelector{NodeSelectorTerms: []core.NodeSelectorTerm{term}},
	}
}

func (f folders) Delete(_ context.Context, volume *core.PersistentVolume) error {
	return os.RemoveAll(filepath.Join(f.root, volume.Name))
}
