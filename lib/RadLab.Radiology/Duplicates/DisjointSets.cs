namespace RadLab.Radiology;

/// <summary>Union-find over 0..n-1; a set is named by its smallest member, so the names do not depend on the order of the unions.</summary>
internal sealed class DisjointSets
{
    private readonly int[] _parent;

    public DisjointSets(int n)
    {
        _parent = new int[n];
        for (int i = 0; i < n; i++) _parent[i] = i;
    }

    public int Find(int i)
    {
        while (_parent[i] != i)
        {
            _parent[i] = _parent[_parent[i]];   // halves the path on the way
            i = _parent[i];
        }
        return i;
    }

    public void Union(int a, int b)
    {
        a = Find(a);
        b = Find(b);
        if (a < b) _parent[b] = a;
        else _parent[a] = b;
    }

    /// <summary>The name of every element's set.</summary>
    public void Names(int[] names)
    {
        // a parent is never greater than its child, so names are ready in rising order
        for (int i = 0; i < _parent.Length; i++) names[i] = _parent[i] == i ? i : names[_parent[i]];
    }
}
