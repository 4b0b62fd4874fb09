//go:build !linux

package shmem

import "os"

func newFile(string, int64) (*os.File, error) { return nil, ErrUnsupported }

func sealedSize(*os.File) (int64, error) { return 0, ErrUnsupported }

func reserve(*os.File, int64, int64) error { return nil }

func release(*os.File, int64, int64) bool { return false }
