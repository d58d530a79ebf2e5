package main

func Example() {
	main()
	// Output:
	// 9 questions, 0 different answers
}
