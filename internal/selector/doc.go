// Package selector reads label selectors in the grammar of Kubernetes
// (k8s.io/apimachinery/pkg/labels, Parse), to the letter:
//
//	selector    = [ requirement { "," requirement } ]
//	requirement = KEY | "!" KEY
//	            | KEY ( "=" | "==" | "!=" | "<" | ">" ) [ VALUE ]
//	            | KEY ( "in" | "notin" ) "(" [ VALUE ] { "," [ VALUE ] } ")"
//
// All requirements must hold. "=" and "in" want a label with one of the values;
// "!=" and "notin" also hold where there is no such label; "<" and ">" compare
// whole numbers. Spaces, tabs and ends of lines may stand between the parts. A
// selector without a requirement matches everything: see Selector.Empty.
//
// A KEY is a name, or a DNS subdomain, "/" and a name; a name is 1-63 letters,
// digits, "-", "_" and ".", beginning and ending with a letter or digit. A VALUE
// is a name or empty. CheckKey and CheckValue hold labels to the same rules, so
// that every label that was set can be selected.
//
// Kubernetes' own parser brings klog and 18 packages with it, so this is one of
// our own; the module in k8stest holds the two against each other.
package selector
