package charttest

import (
	"fmt"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation"
)

// pod is a pod that an object brings about.
type pod struct {
	owner string // kind and name of the object
	labels,
	annotations map[string]string
	spec corev1.PodSpec
}

// component is the part of the installation that the pod is.
func (p pod) component() string { return p.labels["app.kubernetes.io/component"] }

// containers are all containers, those that come first included.
func (p pod) containers() []corev1.Container {
	return append(append([]corev1.Container{}, p.spec.InitContainers...), p.spec.Containers...)
}

// listPods lists the pods of the objects.
func listPods(objects []runtime.Object) (all []pod) {
	for _, o := range objects {
		var template corev1.PodTemplateSpec
		switch o := o.(type) {
		case *appsv1.Deployment:
			template = o.Spec.Template
		case *workerDeployment:
			template = o.Spec.Template
		case *batchv1.CronJob:
			template = o.Spec.JobTemplate.Spec.Template
		case *batchv1.Job:
			template = o.Spec.Template
		case *corev1.Pod:
			template = corev1.PodTemplateSpec{ObjectMeta: o.ObjectMeta, Spec: o.Spec}
		default:
			continue
		}
		all = append(all, pod{name(o), template.Labels, template.Annotations, template.Spec})
	}
	return all
}

// name is the kind and the name of an object.
func name(o runtime.Object) string {
	m, err := meta.Accessor(o)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%s %s", o.GetObjectKind().GroupVersionKind().Kind, m.GetName())
}

// findWorker returns the one pod that is a worker's.
func findWorker(t *testing.T, pods []pod) pod {
	t.Helper()
	var found []pod
	for _, p := range pods {
		if p.component() == "worker" {
			found = append(found, p)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d objects bring about workers", len(found))
	}
	return found[0]
}

// find returns the objects of a type.
func find[T runtime.Object](objects []runtime.Object) (all []T) {
	for _, o := range objects {
		if o, ok := o.(T); ok {
			all = append(all, o)
		}
	}
	return all
}

// findOne returns the only object of a type.
func findOne[T runtime.Object](t *testing.T, objects []runtime.Object) T {
	t.Helper()
	all := find[T](objects)
	if len(all) != 1 {
		t.Fatalf("there are %d of %T", len(all), *new(T))
	}
	return all[0]
}

// eachCase runs a test for each case, with its objects and pods.
func eachCase(t *testing.T, test func(t *testing.T, objects []runtime.Object, pods []pod)) {
	t.Helper()
	for name, v := range listCases(t) {
		t.Run(name, func(t *testing.T) {
			objects := renderObjects(t, v)
			pods := listPods(objects)
			if len(pods) == 0 {
				t.Fatal("there is no pod")
			}
			test(t, objects, pods)
		})
	}
}

func TestNamesAreValidAndThereOnce(t *testing.T) {
	eachCase(t, func(t *testing.T, objects []runtime.Object, _ []pod) {
		seen := map[string]bool{}
		for _, o := range objects {
			m, err := meta.Accessor(o)
			if err != nil {
				t.Fatal(err)
			}
			if problems := validation.IsDNS1123Label(m.GetName()); len(problems) > 0 {
				t.Errorf("%s: %v", name(o), problems)
			}
			if _, cron := o.(*batchv1.CronJob); cron && len(m.GetName()) > 52 {
				t.Errorf("%s is too long for the names of its Jobs", name(o))
			}
			if seen[name(o)] {
				t.Errorf("%s is there twice", name(o))
			}
			if m.GetNamespace() != "" {
				t.Errorf("%s names a namespace", name(o))
			}
			seen[name(o)] = true
			for key, value := range m.GetLabels() {
				if problems := append(validation.IsQualifiedName(key), validation.IsValidLabelValue(value)...); len(problems) > 0 {
					t.Errorf("%s has the label %s=%s: %v", name(o), key, value, problems)
				}
			}
		}
	})
}

func TestContainersOfAPodHaveNamesOfTheirOwn(t *testing.T) {
	eachCase(t, func(t *testing.T, _ []runtime.Object, pods []pod) {
		for _, p := range pods {
			seen := map[string]bool{}
			for _, c := range p.containers() {
				if seen[c.Name] {
					t.Errorf("%s has the container %s twice", p.owner, c.Name)
				}
				seen[c.Name] = true
			}
		}
	})
}
