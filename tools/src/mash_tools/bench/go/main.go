// SPDX-License-Identifier: EUPL-1.2

// A proxy as Go's standard library offers it, with golang-jwt before it, for `./mash bench gateway` to measure
// beside. It verifies each token each time, asks for the role, sets the tenant and forwards; it limits, traces and
// counts nothing. Arguments: PORT MODULE_PORT KEYS_FILE ISSUER AUDIENCE ROLE TENANT
package main

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"log"
	"math/big"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

type claims struct {
	jwt.RegisteredClaims
	Realm struct {
		Roles []string `json:"roles"`
	} `json:"realm_access"`
}

func main() {
	port, module, keys, issuer, audience, role, tenant :=
		os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5], os.Args[6], os.Args[7]
	known := read(keys)
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithIssuer(issuer),
		jwt.WithAudience(audience), jwt.WithExpirationRequired())
	prefix := "/" + tenant
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 128
	transport.DisableCompression = true
	target := &url.URL{Scheme: "http", Host: "127.0.0.1:" + module}
	proxy := &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.URL.Path = strings.TrimPrefix(r.In.URL.Path, prefix)
			r.Out.Header.Set("mash-tenant", tenant)
			r.Out.Header.Set("mash-prefix", prefix)
		},
	}
	find := func(token *jwt.Token) (any, error) {
		id, _ := token.Header["kid"].(string)
		if key, found := known[id]; found {
			return key, nil
		}
		return nil, jwt.ErrTokenUnverifiable
	}
	door := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		var said claims
		if _, err := parser.ParseWithClaims(text, &said, find); !bearer || err != nil {
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		if !slices.Contains(said.Realm.Roles, role) {
			http.Error(w, "forbidden", http.StatusForbidden)
			return
		}
		proxy.ServeHTTP(w, r)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+port, door))
}

func read(file string) map[string]*rsa.PublicKey {
	var set struct {
		Keys []struct{ Kid, N, E string }
	}
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &set)
	}
	if err != nil {
		log.Fatal(err)
	}
	known := map[string]*rsa.PublicKey{}
	for _, key := range set.Keys {
		known[key.Kid] = &rsa.PublicKey{N: number(key.N), E: int(number(key.E).Int64())}
	}
	return known
}

func number(text string) *big.Int {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		log.Fatal(err)
	}
	return new(big.Int).SetBytes(raw)
}
