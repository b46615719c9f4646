Console.WriteLine("radlab");
