using System.Globalization;

namespace RadLab.Radiology;

/// <summary>
/// Multinomial logistic regression on TF-IDF vectors: the baseline that a language model must beat to have learnt more about labels than which words go with them.
/// </summary>
/// <remarks>
/// <code>
/// p[k] = exp(w[k]·x + b[k]) / sum_j exp(w[j]·x + b[j])
/// minimized:  1/n sum_i -log p[y_i]  +  1/(2 C n) sum w²
/// </code>
/// The biases are free. Minimized by L-BFGS (Nocedal, Math. Comp. 35, 1980; 10 pairs) with halving steps, in double, every sum in one order: the same bits on every machine.
/// </remarks>
public sealed class LogisticRegression
{
    private const int Pairs = 10, MostIterations = 300, MostHalvings = 40;

    private readonly TfIdf _vectors;
    private readonly Dictionary<string, int> _features;
    private readonly string[] _labels;
    private readonly double[] _weights;   // (features + 1, labels): the last row holds the biases

    private LogisticRegression(TfIdf vectors, Dictionary<string, int> features, string[] labels, double[] weights) => (_vectors, _features, _labels, _weights) = (vectors, features, labels, weights);

    /// <summary>In ordinal order.</summary>
    public IReadOnlyList<string> Labels => _labels;

    /// <param name="labels">One for each text.</param>
    /// <param name="c">C of the formula: larger fits more closely.</param>
    /// <param name="tolerance">Largest element of the gradient at which the search ends.</param>
    public static LogisticRegression Fit(IReadOnlyList<string> texts, IReadOnlyList<string> labels, double c = 10, double tolerance = 1e-5)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(labels);
        if (texts.Count == 0 || texts.Count != labels.Count) throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"LogisticRegression: labels must be as many as texts and at least one, got {labels.Count} and {texts.Count}."));
        if (!(c > 0)) throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"LogisticRegression: c must be above 0, got {c}."));
        var vectors = new TfIdf(texts);
        var features = new Dictionary<string, int>(StringComparer.Ordinal);
        var rows = new (int Feature, double Value)[texts.Count][];
        for (int i = 0; i < rows.Length; i++)
        {
            var row = new List<(int, double)>();
            foreach (var (word, weight) in vectors.Of(texts[i]))
            {
                if (!features.TryGetValue(word, out int feature)) features.Add(word, feature = features.Count);
                row.Add((feature, weight));
            }
            rows[i] = [.. row];
        }
        string[] names = [.. labels.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        int[] targets = [.. labels.Select(l => Array.BinarySearch(names, l, StringComparer.Ordinal))];
        var objective = new Objective(rows, targets, features.Count, names.Length, 1 / (c * texts.Count));
        return new LogisticRegression(vectors, features, names, Minimize(objective, tolerance));
    }

    /// <summary>Probabilities of <see cref="Labels"/>.</summary>
    public double[] Probabilities(string text)
    {
        double[] p = _weights[(_features.Count * _labels.Length)..];
        foreach (var (word, weight) in _vectors.Of(text))
            if (_features.TryGetValue(word, out int feature)) Objective.Add(p, _weights, feature, weight);
        Objective.Softmax(p);
        return p;
    }

    /// <summary>The likeliest label; the first of equals.</summary>
    public string Predict(string text)
    {
        double[] p = Probabilities(text);
        return _labels[Array.IndexOf(p, p.Max())];
    }

    private static double[] Minimize(Objective objective, double tolerance)
    {
        double[] w = new double[objective.Size], g = new double[w.Length], next = new double[w.Length], nextG = new double[w.Length], direction = new double[w.Length];
        double value = objective.Evaluate(w, g);
        var history = new List<(double[] S, double[] Y, double Rho)>(Pairs + 1);
        for (int iteration = 0; iteration < MostIterations && g.Max(Math.Abs) > tolerance; iteration++)
        {
            Direction(g, history, direction);
            double slope = Dot(g, direction), step = iteration == 0 ? Math.Min(1, 1 / Math.Sqrt(Dot(g, g))) : 1, nextValue = value;
            bool moved = false;
            for (int halving = 0; halving < MostHalvings && !moved; halving++, step /= 2)
            {
                for (int i = 0; i < w.Length; i++) next[i] = w[i] + step * direction[i];
                nextValue = objective.Evaluate(next, nextG);
                moved = nextValue <= value + 1e-4 * step * slope;
            }
            if (!moved) break;   // as low as double can tell
            double[] s = new double[w.Length], y = new double[w.Length];
            for (int i = 0; i < w.Length; i++) (s[i], y[i]) = (next[i] - w[i], nextG[i] - g[i]);
            double curvature = Dot(s, y);
            if (curvature > 1e-300)
            {
                history.Add((s, y, 1 / curvature));
                if (history.Count > Pairs) history.RemoveAt(0);
            }
            (w, next, g, nextG, value) = (next, w, nextG, g, nextValue);
        }
        return w;
    }

    // the two loops of L-BFGS: -H g
    private static void Direction(double[] g, List<(double[] S, double[] Y, double Rho)> history, double[] d)
    {
        for (int i = 0; i < d.Length; i++) d[i] = -g[i];
        double[] alpha = new double[history.Count];
        for (int k = history.Count - 1; k >= 0; k--) AddTo(d, history[k].Y, -(alpha[k] = history[k].Rho * Dot(history[k].S, d)));
        if (history.Count > 0)
        {
            double scale = 1 / (history[^1].Rho * Dot(history[^1].Y, history[^1].Y));
            for (int i = 0; i < d.Length; i++) d[i] *= scale;
        }
        for (int k = 0; k < history.Count; k++) AddTo(d, history[k].S, alpha[k] - history[k].Rho * Dot(history[k].Y, d));
    }

    private static void AddTo(double[] d, double[] v, double factor)
    {
        for (int i = 0; i < d.Length; i++) d[i] += factor * v[i];
    }

    private static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }

    /// <summary>What is minimized, and its gradient.</summary>
    private sealed class Objective((int Feature, double Value)[][] rows, int[] targets, int features, int labels, double decay)
    {
        private readonly double[] _p = new double[labels];

        public int Size => (features + 1) * labels;

        public double Evaluate(double[] w, double[] gradient)
        {
            int bias = features * labels;
            double loss = 0, squares = 0;
            for (int i = 0; i < bias; i++)
            {
                squares += w[i] * w[i];
                gradient[i] = decay * w[i];
            }
            Array.Clear(gradient, bias, labels);
            for (int i = 0; i < rows.Length; i++)
            {
                Array.Copy(w, bias, _p, 0, labels);
                foreach (var (feature, value) in rows[i]) Add(_p, w, feature, value);
                Softmax(_p);
                loss -= ExactMath.Log(Math.Max(_p[targets[i]], 1e-300));
                _p[targets[i]] -= 1;
                for (int k = 0; k < labels; k++) _p[k] /= rows.Length;
                foreach (var (feature, value) in rows[i])
                {
                    int at = feature * labels;
                    for (int k = 0; k < labels; k++) gradient[at + k] += value * _p[k];
                }
                for (int k = 0; k < labels; k++) gradient[bias + k] += _p[k];
            }
            return loss / rows.Length + decay / 2 * squares;
        }

        public static void Add(double[] scores, double[] w, int feature, double value)
        {
            int at = feature * scores.Length;
            for (int k = 0; k < scores.Length; k++) scores[k] += value * w[at + k];
        }

        public static void Softmax(double[] scores)
        {
            double max = scores.Max(), sum = 0;
            for (int k = 0; k < scores.Length; k++) sum += scores[k] = ExactMath.Exp(scores[k] - max);
            for (int k = 0; k < scores.Length; k++) scores[k] /= sum;
        }
    }
}
