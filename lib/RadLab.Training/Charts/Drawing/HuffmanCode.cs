namespace RadLab.Training;

/// <summary>Canonical Huffman codes of bounded length, as deflate wants them.</summary>
internal static class HuffmanCode
{
    /// <summary>Code length of each symbol, 0 for those that do not occur; none longer than <paramref name="most"/>.</summary>
    public static int[] Lengths(int[] counts, int most)
    {
        // Halving the counts flattens the tree; a few rounds suffice, and the loss is a fraction of a percent.
        int[] weights = [.. counts];
        while (true)
        {
            int[] lengths = Tree(weights);
            if (lengths.Max() <= most) return lengths;
            for (int i = 0; i < weights.Length; i++)
                if (weights[i] > 0) weights[i] = (weights[i] + 1) / 2;
        }
    }

    /// <summary>The codes that follow from the lengths, bits reversed: deflate packs them from the lowest bit.</summary>
    public static int[] Codes(int[] lengths)
    {
        var codes = new int[lengths.Length];
        int code = 0;
        for (int length = 1; length <= 15; length++, code <<= 1)
            for (int symbol = 0; symbol < lengths.Length; symbol++)
                if (lengths[symbol] == length) codes[symbol] = Reverse(code++, length);
        return codes;
    }

    private static int Reverse(int code, int length)
    {
        int reversed = 0;
        for (int i = 0; i < length; i++) reversed |= (code >> i & 1) << (length - 1 - i);
        return reversed;
    }

    private static int[] Tree(int[] weights)
    {
        var lengths = new int[weights.Length];
        var queue = new PriorityQueue<int, (long Weight, int Order)>();
        var parents = new int[weights.Length * 2];
        for (int i = 0; i < weights.Length; i++)
            if (weights[i] > 0) queue.Enqueue(i, (weights[i], i));
        if (queue.Count == 1)
        {
            lengths[queue.Dequeue()] = 1;
            return lengths;
        }
        int next = weights.Length;
        while (queue.Count > 1)
        {
            queue.TryDequeue(out int a, out var first);
            queue.TryDequeue(out int b, out var second);
            parents[a] = parents[b] = next;
            queue.Enqueue(next, (first.Weight + second.Weight, next));
            next++;
        }
        for (int i = 0; i < weights.Length; i++)
            for (int node = i; weights[i] > 0 && node != next - 1; node = parents[node]) lengths[i]++;
        return lengths;
    }
}
