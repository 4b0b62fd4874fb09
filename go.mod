module github.com/xsh-project/xsh

go 1.26
