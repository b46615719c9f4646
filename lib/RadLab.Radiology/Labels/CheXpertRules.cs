namespace RadLab.Radiology;

/// <summary>The phrases of CheXpert's 14 observations; RadLab's own list, after what the published labeller looks for.</summary>
internal static class CheXpertRules
{
    // shared with the ChestX-ray14 set, so that the seven common labels mean the same
    internal static readonly string[] Heart =
    [
        "heart", "heart size|shadow|silhouette|contour|contours|border|borders", "cardiac size|shadow|silhouette|contour|contours|border|borders", "cardiac and? mediastinal? silhouette|silhouettes|contour|contours|size|shadow", "cardiomediastinal silhouette|silhouettes|contour|contours|size|shadow|structures",
        "cardio - mediastinal silhouette|contour|contours", "size of the heart", "cardiopericardial silhouette", "cardiothoracic ratio", "ventricle|ventricles|ventricular", "heart , mediastinum",
    ];

    internal static readonly string[] BigHeart =
    [
        "cardiomegaly", "cardiac|heart|ventricular|biventricular enlargement", "enlargement of the? cardiac|heart", "enlargement of the? cardiac|heart silhouette|size|shadow", "enlarged heart", "enlarged cardiac silhouette|shadow|contour|size", "cardiac|left|right ventricular? hypertrophy",
    ];

    internal static readonly string[] NotTheHeart =
    [
        "heart failure|disease|valve|valves|rate|rhythm|murmur|attack|transplant|surgery|sounds|tones|catheterization", "cardiac pacemaker|pacer|device|monitor|leads|lead|arrest|surgery|catheterization|valve|valves|silhouette is obscured|monitoring|wires|defibrillator|failure|disease|transplant|generator|apex", "left|right heart border|failure", "ventricular lead|leads|shunt|pacemaker", "heart and lungs have",
    ];

    internal static readonly string[] Effusion = ["effusion|effusions", "pleural fluid|fluids", "fluid in the pleural space|spaces", "hydropneumothorax|hydropneumothoraces", "hydrothorax", "hemothorax", "pleural liquid", "fluid collection in the pleural", "subpulmonic fluid", "free pleural fluid"];
    internal static readonly string[] NotPleural = ["pericardial effusion|effusions", "joint effusion|effusions", "pericardial or|and|, pleural? effusion", "middle ear effusion"];
    internal static readonly string[] Collapse = ["atelecta*", "collapse|collapsed", "subsegmental collapse"];
    internal static readonly string[] NotCollapse = ["vertebral|compression|disc|disk|spine|bony|tracheal|venous|airway body? collapse", "collapsed|collapse vertebra|vertebral|vertebrae|disc", "collapse of the? vertebral|vertebra|t1|t2|t3|t4|t5|t6|t7|t8|t9|t10|t11|t12|l1|l2|l3|l4|l5", "t1|t2|t3|t4|t5|t6|t7|t8|t9|t10|t11|t12|l1|l2|l3|l4|l5 vertebral? body? collapse", "collapsed gallbladder|bladder|stomach"];
    internal static readonly string[] Pneumothorax = ["pneumothora*", "hydropneumothora*", "pneumothoraces", "pneumo - thorax", "ptx"];
    internal static readonly string[] Consolidation = ["consolidat*"];

    public static readonly ObservationRules All = new("CheXpert",
    [
        new("Enlarged Cardiomediastinum")
        {
            Findings = ["mediastinal|cardiomediastinal widening|enlargement|prominence", "widening|enlargement of the? mediastinum|mediastinal|cardiomediastinal", "widened|enlarged|wide mediastinum", "widened|enlarged mediastinal|cardiomediastinal silhouette|contour|contours"],
            Organs = ["mediastinum", "cardiomediastinum", "mediastinal", "mediastinal silhouette|contour|contours|configuration|width|shadow|structures|borders", "cardiomediastinal", "cardiomediastinal silhouette|silhouettes|contour|contours|size|structures|configuration", "cardio - mediastinal", "mediastinal and hilar contours|silhouettes"],
            Vetoes = ["mediastinal mass|masses|lymph|lymphadenopathy|adenopathy|drain|drains|clips|shift|wires|nodes|tube|node|surgery|fat"],
        },
        new("Cardiomegaly") { Findings = BigHeart, Organs = Heart, Vetoes = NotTheHeart, Hints = ["heart failure", "chf"] },
        new("Lung Opacity")
        {
            Findings = ["opaci*", "infiltrat*", "airspace|airspaces disease|process|processes|opacity|abnormality", "air space|spaces disease|process|opacity", "air - space disease|process|opacity", "interstitial marking|markings|pattern|disease|lung|thickening|changes|prominence|process", "interstitial lung disease", "reticular|reticulonodular pattern|marking|markings|changes", "reticulation|reticulations", "parenchymal|lung|pulmonary scar|scarring|scars", "scar|scars|scarring", "peribronchial thickening|cuffing", "bronchial wall thickening", "decreased translucency", "increased|hazy density|densities", "lung|basilar|basal|lobe|pulmonary density|densities", "ground glass", "groundglass", "haziness"],
            Vetoes = ["pleural scar|scarring|scars", "surgical|skin|sternotomy|surgery scar|scars", "opacified gallbladder|vessels|bowel", "opacification of the? vessels|bowel|bladder|collecting"],
        },
        new("Lung Lesion")
        {
            Findings = ["mass|masses", "nodul*", "nodular density|densities|opacity|opacities|opacification", "lump|lumps", "cavitary lesion|lesions|mass|nodule", "carcinoma", "neoplasm|neoplasms|neoplastic", "tumor|tumors|tumour", "lung|pulmonary lesion|lesions|cancer", "malignancy", "metastases|metastasis|metastatic"],
            Vetoes = ["calcified nodule|nodules|nodular", "nodule|nodules is|are calcified", "thyroid mass|nodule|nodules", "adrenal|renal|hepatic|breast|bowel mass|masses|nodule|lesion", "mass effect", "body mass"],
        },
        new("Edema")
        {
            Findings = ["edema", "oedema", "edematous", "heart failure", "chf", "volume|fluid overload", "pulmonary|interstitial|alveolar|vascular edema", "cephalization"],
            Hints = ["vascular|pulmonary|venous congestion", "pulmonary vascular|venous congestion", "vascular|pulmonary vascular indistinctness", "vascular prominence", "indistinctness", "congestive changes"],
            Vetoes = ["soft tissue|subcutaneous|brain|cerebral|bowel|leg|pedal|peripheral|marrow edema", "tissue edema"],
        },
        new("Consolidation") { Findings = Consolidation },
        new("Pneumonia") { Findings = ["pneumonia|pneumonias", "infection", "infectious", "infectious process|processes|etiology|disease|infiltrate", "pneumonitis", "bronchopneumonia"], Vetoes = ["urinary tract infection", "history of infection"] },
        new("Atelectasis") { Findings = Collapse, Vetoes = NotCollapse },
        new("Pneumothorax") { Findings = Pneumothorax },
        new("Pleural Effusion") { Findings = Effusion, Vetoes = NotPleural },
        new("Pleural Other") { Findings = ["pleural thickening|plaque|plaques|scarring|scar|scars|mass|masses|calcification|calcifications|cap|capping", "thickening of the? pleura", "pleural - parenchymal scarring|scar|thickening", "pleural parenchymal scarring|scar|thickening", "pleuroparenchymal scarring|scar|thickening", "pleuro - parenchymal|pericardial scarring|scar|thickening", "fibrothorax", "apical cap|capping", "fibrosis", "pleural based mass|density|opacity"] },
        new("Fracture") { Findings = ["fractur*"] },
        new("Support Devices")
        {
            Findings =
            [
                "pacer|pacers|pacemaker|pacemakers", "picc", "tube|tubes", "catheter|catheters", "line|lines", "port", "mediport|portacath", "hardware", "defibrillator|defibrillators", "icd|aicd", "device|devices", "drain|drains", "plate|plates", "screw|screws", "stent|stents", "cannula", "coil|coils", "prosthesis|prostheses|prosthetic|arthroplasty|arthroplasties", "valve prosthesis|replacement", "prosthetic|mechanical|artificial valve", "sternotomy|median wires|wire", "wires", "clip|clips", "lead|leads", "endotracheal|nasogastric|feeding|enteric|tracheostomy|chest|orogastric tube", "ett|ngt", "tracheostomy", "balloon pump", "support|monitoring apparatus|equipment|devices|lines", "swan - ganz", "swan ganz", "surgical hardware|staples|sutures", "staples",
            ],
            Vetoes = ["line|lines of", "paratracheal|paraspinal|paravertebral|azygoesophageal|fracture|midclavicular|joint|kerley|pleural|fissure|spinolaminar line|lines", "kerley b? line|lines", "midline", "in line", "port of", "lead to|time", "plate like|atelectasis", "plate - like", "end plate|plates", "endplate", "first line", "baseline", "b - lines", "xxxx line|lines of"],
        },
        new("No Finding"),
    ])
    {
        NoFinding = "No Finding",
        Unimportant = "Support Devices",
        // "no new X" leaves open whether the old X is still there; probable findings and alternatives are uncertain; "suggests" is present
        Status = shade => shade switch
        {
            Shade.Present or Shade.Suggested => LabelStatus.Positive,
            Shade.Absent => LabelStatus.Negative,
            _ => LabelStatus.Uncertain,
        },
        OtherFindings =
        [
            "emphysema*", "blunt*", "density|densities", "elevation|elevated", "eventration", "scoliosis", "kyphosis", "degenera*", "calcifi*", "hyperinflat*", "hyperexpan*", "hyperaerat*", "hyperluc*", "bronchospasm", "asthma", "hernia*", "copd", "obstructive", "interstitial markings", "plaque|plaques", "osteophyt*", "spondyl*", "spurring", "aortic disease", "tortuous|tortuosity|ectasia|ectatic|unfolded|unfolding", "bronchiolitis", "airways disease", "thickening|thickened", "cephalization", "aspiration", "bulla|bullae|bullous|bleb|blebs", "contusion|contusions", "atherosclero*", "osteopeni*", "osteoporo*", "metasta*", "granuloma*", "pneumomediastinum", "pneumoperitoneum", "osteodystrophy", "cuffing", "lucency|lucencies", "inflam*", "fissure|fissures", "hypertension", "prominen*", "defibrillator", "bullet", "reticula*", "thoracentesis", "bronchitis", "bronchiectasis", "volume loss", "low lung volumes", "lung volumes are low", "deformity|deformities", "hemorrhage", "hematoma", "radiopaque", "foreign body", "aerophagia", "arthropathy|arthritis|arthritic", "tracheostomy", "adenopathy|lymphadenopathy", "cyst|cysts", "crowding", "aneurysm|aneurysmal", "gallstone|gallstones|cholelithiasis", "mastectomy|lobectomy|pneumonectomy|thoracotomy|postsurgical|postoperative", "hypoinflat*", "underinflat*", "deviation|deviated", "compression|wedging", "cavitation|cavitary",
        ],
    };
}
