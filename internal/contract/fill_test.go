package contract_test

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// filler fills values so that no field has its zero value and no two fields of
// a value have the same. What it fills in follows from the order of the fields
// and their JSON keys, so that Go names can change freely.
type filler struct{ n int }

// fillValue returns a filled value of a type.
func fillValue(t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	new(filler).fill(v, strings.ToLower(t.Name()))
	return v
}

var timeType = reflect.TypeFor[time.Time]()

func (f *filler) fill(v reflect.Value, key string) {
	f.n++
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		v.SetString(fmt.Sprintf("%s %d", key, f.n))
	case reflect.Int, reflect.Int64:
		if v.Type() == reflect.TypeFor[time.Duration]() {
			v.SetInt(int64(f.n) * int64(time.Hour))
			return
		}
		v.SetInt(int64(f.n))
	case reflect.Uint8, reflect.Uint32:
		v.SetUint(uint64(f.n))
	case reflect.Float64:
		v.SetFloat(float64(f.n) + 0.5)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), key)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		f.fill(v.Index(0), key)
		f.fill(v.Index(1), key)
	case reflect.Map:
		k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		f.fill(k, key)
		f.fill(e, key)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(k, e)
	case reflect.Struct:
		f.fillStruct(v)
	default:
		panic(fmt.Sprintf("%s can't be filled: teach filler its kind, %s", v.Type(), v.Kind()))
	}
}

func (f *filler) fillStruct(v reflect.Value) {
	if v.Type() == timeType {
		v.Set(reflect.ValueOf(time.Date(2026, 11, 24, 8, 0, f.n, 0, time.UTC)))
		return
	}
	for i := range v.NumField() {
		if field := v.Type().Field(i); inJSON(field) {
			f.fill(v.Field(i), keyOf(field))
		}
	}
}

// inJSON reports whether JSON holds a field.
func inJSON(f reflect.StructField) bool { return f.IsExported() && f.Tag.Get("json") != "-" }

// keyOf is the key of a field in JSON.
func keyOf(f reflect.StructField) string {
	if key, _, _ := strings.Cut(f.Tag.Get("json"), ","); key != "" {
		return key
	}
	return strings.ToLower(f.Name[:1]) + f.Name[1:]
}

// findZero returns the path of the first field that JSON holds and that is zero;
// "" when there is none.
func findZero(v reflect.Value, path string) string {
	switch {
	case v.IsZero():
		return path
	case v.Type() == timeType:
		return ""
	}
	switch v.Kind() {
	case reflect.Pointer:
		return findZero(v.Elem(), path)
	case reflect.Slice:
		return findZero(v.Index(0), path)
	case reflect.Map:
		for _, k := range v.MapKeys() {
			return findZero(v.MapIndex(k), path)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); inJSON(field) {
				if zero := findZero(v.Field(i), path+"."+field.Name); zero != "" {
					return zero
				}
			}
		}
	}
	return ""
}
