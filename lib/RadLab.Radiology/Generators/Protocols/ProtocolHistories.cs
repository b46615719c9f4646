namespace RadLab.Radiology;

/// <summary>What else a note says about the patient: histories that rules ask for, and histories that change nothing.</summary>
internal static class ProtocolHistories
{
    public static readonly ProtocolFact[] All =
    [
        new("pregnancy", ["pregnant", "22 wks pregnant", "pregnancy, 2nd trimester", "G2P1 pregnant at 18 weeks", "currently pregnant", "pregnant, 25 weeks"]) { Sex = 'F', MinAge = 19, MaxAge = 43 },
        new("kidney-failure", ["CKD stage 4", "eGFR 22", "renal failure not on dialysis", "CKD, eGFR 18", "chronic renal failure, eGFR 25", "CKD stage 5"]) { MinAge = 38 },
        new("contrast-allergy", ["anaphylaxis to iodinated contrast", "severe contrast allergy", "contrast allergy with anaphylaxis", "h/o anaphylactic reaction to IV contrast"]),
        new("pacemaker", ["pacemaker, not MR conditional", "non-MRI compatible pacemaker", "has pacemaker (MR unsafe)", "pacemaker not MRI compatible"]) { MinAge = 45 },
        new("kidney-stones", ["hx of kidney stones", "history of nephrolithiasis", "prior kidney stones", "known stone former", "h/o renal stones", "recurrent kidney stones"]),
        new("fever", ["fever", "fever 102", "febrile, WBC 16", "fevers and chills", "fever and leukocytosis", "febrile to 39"]),
        new("injury", ["after a fall", "trauma yesterday", "s/p fall", "injury while playing sports", "fell down stairs", "trauma, fell"]),
        new("clot-risk", ["elevated D-dimer", "recent surgery, D-dimer positive", "tachycardia and recent long flight", "prior DVT", "D-dimer elevated, hypoxic", "hx of DVT/PE"]),
        new("lung-fibrosis", ["crackles on exam, concern for ILD", "known ILD", "interstitial lung disease", "suspected pulmonary fibrosis", "ILD on prior CT"]) { MinAge = 40 },
        new("tearing-pain", ["tearing pain to the back", "tearing pain, unequal pulses", "tearing quality, widened mediastinum", "sudden tearing pain between the shoulder blades"]) { MinAge = 40 },
        new("exertional", ["exertional, intermediate risk", "exertional symptoms, troponin negative", "with exertion, equivocal stress test", "exertional angina, low to intermediate risk"]) { MinAge = 35, MaxAge = 72 },
        new("weight-loss", ["weight loss", "20 lb weight loss", "unintentional weight loss", "weight loss and poor appetite"]) { MinAge = 40 },
        new("hemoptysis", ["hemoptysis", "coughing up blood, hemoptysis", "hemoptysis x 2 days", "small volume hemoptysis"]) { MinAge = 30 },
        new("lung-cancer", ["known lung cancer", "hx of lung cancer", "lung cancer on treatment", "lung ca, restaging"]) { MinAge = 45 },
        new("smoker", ["35 pack year smoker", "30 pack-years, current smoker", "former smoker, 40 pack years", "current smoker 1 ppd x 35 yrs"]) { MinAge = 48, MaxAge = 80 },
        new("dilated-duct", ["dilated CBD on ultrasound", "CBD 11 mm on US", "dilated common bile duct", "US shows dilated CBD"]),
        new("no-gallbladder", ["s/p cholecystectomy", "prior cholecystectomy, elevated LFTs", "post cholecystectomy", "cholecystectomy 3 yrs ago, LFTs up"]) { MinAge = 25 },
        new("cirrhosis", ["cirrhosis", "hep C cirrhosis", "known cirrhosis, AFP elevated", "alcoholic cirrhosis"]) { MinAge = 38 },
        new("pancreatic-mass", ["pancreatic head mass on ultrasound", "suspected pancreatic cancer", "CA 19-9 elevated, pancreatic mass", "concern for pancreatic cancer"]) { MinAge = 42 },
        new("child", ["pediatric patient", "pediatric pt, well appearing", "child, otherwise healthy", "school age child, pediatric pt"]) { MinAge = 4, MaxAge = 11 },
        new("abdominal-surgery", ["multiple prior abdominal surgeries", "prior exploratory laparotomy", "hx of bowel surgery with adhesions", "prior abdominal surgery"]),
        new("pancreatitis", ["lipase 1200", "elevated lipase", "known pancreatitis", "alcohol use, lipase elevated", "lipase > 900, pancreatitis"]),
        new("fibroids", ["fibroids, planning embolization", "known fibroids, pre embolization", "uterine fibroids, pre UAE", "large fibroids on US"]) { Sex = 'F', MinAge = 30 },
        new("endometriosis", ["known endometriosis", "suspected deep endometriosis", "hx of endometriosis", "endometriosis, surgical planning"]) { Sex = 'F', MinAge = 20, MaxAge = 48 },
        new("stroke-window", ["last known well 2 hrs ago", "LKW 90 min, NIHSS 12", "within 4 hours of onset, stroke alert", "onset 3 hrs ago, LKW 0800"]) { MinAge = 42 },
        new("stroke-subacute", ["symptoms started 4 days ago", "onset 5 days ago, head CT negative", "symptoms for several days, CT negative", "started one week ago, head CT negative"]) { MinAge = 42 },
        new("transient", ["resolved within minutes, carotid bruit", "TIA, symptoms resolved", "transient, now resolved, carotid bruit", "TIA last week, resolved"]) { MinAge = 48 },
        new("thunderclap", ["thunderclap onset", "sudden onset, worst of life", "thunderclap, worst headache of life", "sudden worst HA of life"]),
        new("anticoagulation", ["on warfarin, fell", "on anticoagulation after head strike", "fall on Eliquis, anticoagulated", "head strike, on anticoagulation"]) { MinAge = 50 },
        new("cancer", ["hx of breast cancer", "melanoma", "known metastatic cancer", "history of cancer", "metastatic cancer on chemo"]) { MinAge = 32 },
        new("immunosuppressed", ["HIV, CD4 80", "immunosuppressed, on chemo", "HIV positive, low CD4", "transplant, immunosuppressed"]),
        new("migraine", ["migraines, change in pattern", "long standing migraines", "migraine hx, normal neuro exam", "hx of migraines, more frequent"]) { MaxAge = 60 },
        new("brain-tumor", ["known glioma", "brain tumor s/p resection", "hx of brain tumor", "meningioma s/p resection, brain tumor follow up"]) { MinAge = 25 },
        new("chronic-ear", ["cholesteatoma", "conductive, chronic otitis media", "conductive loss, suspected cholesteatoma", "cholesteatoma on exam, conductive"]),
        new("sensorineural", ["sensorineural, tinnitus", "sensorineural on audiogram", "SNHL, r/o acoustic neuroma", "sensorineural loss, vertigo"]),
        new("chronic-sinusitis", ["chronic sinusitis", "recurrent sinusitis, preop FESS", "sinusitis refractory to antibiotics", "chronic sinusitis x 1 yr"]),
        new("assault", ["s/p assault, facial swelling", "punched in face", "assault, malocclusion", "facial trauma, assault"]) { MaxAge = 70 },
        new("demyelination", ["known MS", "multiple sclerosis", "optic neuritis, r/o MS", "hx of MS, new symptoms", "MS follow up"]) { MaxAge = 62 },
        new("neuropathy-arm", ["radiating down arm", "arm weakness, radiculopathy", "radiculopathy into the hand", "radiates to arm with tingling"]),
        new("radiculopathy", ["radiating down leg x 8 wks", "radiculopathy, failed PT", "sciatica, failed conservative tx", "leg radiculopathy > 6 weeks", "sciatica not improving with PT"]),
        new("spine-surgery", ["s/p laminectomy", "prior lumbar fusion", "hx of discectomy, recurrent sx", "prior lumbar surgery", "s/p lumbar fusion 2018"]) { MinAge = 30 },
        new("drug-use", ["IVDU, ESR 90", "IV drug use and bacteremia", "IVDU, concern for discitis", "bacteremia, IVDU"]) { MaxAge = 65 },
        new("cauda", ["saddle anesthesia, urinary retention", "new urinary retention and saddle numbness", "cauda equina symptoms", "saddle anesthesia, r/o cauda equina"]),
        new("locking", ["locking and catching, XR negative", "mechanical symptoms, XR negative", "locking, failed PT", "catching and locking, normal XR"]) { MaxAge = 66 },
        new("arthritis", ["known osteoarthritis", "chronic, worse with stairs, OA", "osteoarthritis follow up", "OA, considering replacement"]) { MinAge = 48 },
        new("cuff", ["weakness with overhead activity, r/o cuff tear", "positive drop arm test", "suspected rotator cuff tear", "concern for cuff tear, XR normal"]) { MinAge = 35 },
        new("instability", ["recurrent dislocations", "instability, r/o labral tear", "recurrent dislocation, labral tear", "multiple dislocations, instability"]) { MinAge = 17, MaxAge = 40 },
        new("negative-film", ["XR negative, pain persists", "negative xray 2 wks ago, still painful", "radiographs negative, persistent pain", "normal xray, persistent pain"]),
        new("liquids", ["coughs with thin liquids after stroke", "choking on liquids, recent stroke", "aspiration pneumonia, coughs with liquids", "s/p stroke, choking on thin liquids"]) { MinAge = 50 },
        new("solids", ["food sticking in chest", "solids get stuck", "food impaction, solids worse than liquids", "solid food sticking"]) { MinAge = 30 },
        new("hernia-repair", ["large hiatal hernia, preop", "preop hiatal hernia repair", "hiatal hernia, surgical planning", "hiatal hernia seen on EGD, preop"]) { MinAge = 35 },
        new("brca", ["BRCA1 carrier", "BRCA2 mutation", "BRCA positive", "BRCA carrier, strong family hx"]) { Sex = 'F', MinAge = 26, MaxAge = 70 },
        new("preop-repair", ["preop planning for EVAR", "5.8 cm, planning endovascular repair", "EVAR planning", "planned EVAR, 6 cm"]) { MinAge = 58 },
        new("prolactin", ["elevated prolactin", "prolactin 120", "galactorrhea, prolactin elevated", "high prolactin on labs"]) { MaxAge = 60 },
        new("smoking-neck", ["smoker, hoarseness", "heavy smoker with hoarseness", "smoker and alcohol use, hoarse voice", "hoarseness, smoker"]) { MinAge = 40 },
        new("trismus", ["trismus, muffled voice", "trismus and drooling", "uvular deviation, trismus", "unable to open mouth, trismus"]),
    ];

    /// <summary>True of many patients and of no consequence for any rule.</summary>
    public static readonly Words Bystanders =
    [
        "HTN", "hypertension", "DM2", "type 2 diabetes", "hyperlipidemia", "HLD", "GERD", "hypothyroidism", "anxiety", "depression", "asthma", "obesity", "gout", "seasonal allergies", "OSA on CPAP", "insomnia", "osteoporosis",
        "no significant PMH", "vitamin D deficiency", "psoriasis", "eczema", "hx of tonsillectomy", "glaucoma", "hard of hearing", "restless legs", "lactose intolerance",
    ];
}
