print("percussd")
