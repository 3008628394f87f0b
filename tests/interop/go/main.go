// An exported log checked with Go's checksum database packages, from which C2SP's formats come.
//
// go run . FOLDER   prints `no WHAT` for everything that does not hold, then `checked …`
package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type proofs struct {
	Inclusion []struct {
		Index  int64
		Hashes []string
	}
	Consistency []struct {
		Size   int64
		Root   string
		Hashes []string
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func hash(text string) (h tlog.Hash) {
	copy(h[:], must(base64.RawURLEncoding.DecodeString(text)))
	return h
}

func hashes(texts []string) (all []tlog.Hash) {
	for _, text := range texts {
		all = append(all, hash(text))
	}
	return all
}

// The tiles of a tree. Older versions of tlog list every width that a partial tile ever had.
func tiles(size int64) (all []tlog.Tile) {
	for _, tile := range tlog.NewTiles(8, 0, size) {
		if tile.W == 256 || int64(tile.W) == size>>(8*tile.L)-256*tile.N {
			all = append(all, tile)
		}
	}
	return all
}

// Entries in the bundles below the tiles of level 0.
func entries(folder string, size int64) (all [][]byte) {
	for _, tile := range tiles(size) {
		if tile.L != 0 {
			continue
		}
		data := must(os.ReadFile(filepath.Join(folder, path("entries", tile))))
		for len(data) > 0 {
			length := 2 + int(binary.BigEndian.Uint16(data))
			all = append(all, data[2:length])
			data = data[length:]
		}
	}
	return all
}

// The path of a tile: theirs names the height, which C2SP leaves out because it is always 8.
func path(level string, tile tlog.Tile) string {
	_, rest, _ := strings.Cut(strings.TrimPrefix(tile.Path(), "tile/8/"), "/")
	return "tile/" + level + "/" + rest
}

type stored []tlog.Hash

func (s stored) ReadHashes(indexes []int64) (all []tlog.Hash, err error) {
	for _, index := range indexes {
		all = append(all, s[index])
	}
	return all, nil
}

func main() {
	folder := os.Args[1]
	read := func(name string) []byte { return must(os.ReadFile(filepath.Join(folder, name))) }
	no := func(what string, about ...any) { fmt.Println(append([]any{"no", what}, about...)...) }
	verifier := must(note.NewVerifier(strings.TrimSpace(string(read("vkey")))))
	opened, err := note.Open(read("checkpoint"), note.VerifierList(verifier))
	if err != nil {
		no("checkpoint")
		fmt.Println("checked events=0")
		return
	}
	lines := strings.Split(opened.Text, "\n")
	var tree tlog.Tree
	must(fmt.Sscan(lines[1], &tree.N))
	copy(tree.Hash[:], must(base64.StdEncoding.DecodeString(lines[2])))

	var all stored
	leaves := entries(folder, tree.N)
	for n, leaf := range leaves {
		all = append(all, must(tlog.StoredHashes(int64(n), leaf, all))...)
	}
	if count := int64(len(leaves)); count != tree.N {
		no("entry", count)
		no("tile", 0, count)
		no("root")
		fmt.Printf("checked events=%d\n", count)
		return
	}
	if must(tlog.TreeHash(tree.N, all)) != tree.Hash {
		no("root")
	}
	for _, tile := range tiles(tree.N) {
		found, computed := read(path(fmt.Sprint(tile.L), tile)), must(tlog.ReadTileData(tile, all))
		for at := 0; at < len(computed); at += tlog.HashSize {
			if string(found[at:at+tlog.HashSize]) != string(computed[at:at+tlog.HashSize]) {
				no("tile", tile.L, tile.N*256+int64(at/tlog.HashSize))
			}
		}
	}
	var given proofs
	if err := json.Unmarshal(read("proofs.json"), &given); err != nil {
		panic(err)
	}
	for _, proof := range given.Inclusion {
		leaf := tlog.RecordHash(leaves[proof.Index])
		if tlog.CheckRecord(hashes(proof.Hashes), tree.N, tree.Hash, proof.Index, leaf) != nil {
			no("inclusion", proof.Index)
		}
	}
	for _, proof := range given.Consistency {
		if tlog.CheckTree(hashes(proof.Hashes), tree.N, tree.Hash, proof.Size, hash(proof.Root)) != nil {
			no("consistency", proof.Size)
		}
	}
	fmt.Printf("checked events=%d inclusion=%d consistency=%d\n", tree.N, len(given.Inclusion), len(given.Consistency))
}
